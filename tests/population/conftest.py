"""Helpers of this folder are found by the tests of its subfolders."""
