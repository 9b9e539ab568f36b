"""YAML with positions: a node tree, includes, any pydantic model, and errors that point at the line.

Studies, catalogues and worlds all come through here, so the room knows nothing about any of them. ``document``
reads a file and its includes, ``binding`` turns the tree into a model, ``render`` prints what is wrong.
"""
