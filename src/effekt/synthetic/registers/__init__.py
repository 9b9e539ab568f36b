"""The registers of a record of months: each module makes the tables of one keeper of registers."""
