"""A draw delivered as registers really come: split, renamed, in old formats, with every known trouble planted.

``declared`` says which troubles a kind of delivery has, ``delivery`` keeps count of them while the files are written,
``ssb`` and ``microdata`` know how the two kinds look, ``writing`` is the door. The canonical tables can be made of a
delivery again, row for row; its catalogue says how, and the counts are what an ingest must find.
"""
