"""A study walked many times through worlds whose truth is known: does its design find it?"""
