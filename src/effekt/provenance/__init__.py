"""What was done, with what, in which order: digests, the freeze, the ledger, folders written in one move."""
