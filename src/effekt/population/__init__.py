"""Who and when: the only room that opens data files and sees unit ids. Ids never leave it."""
