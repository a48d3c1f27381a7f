"""From the inbox to raw: receive, check the file, check the rows, keep.

`night` is the door: what is expected tonight, land one delivery, close the night.
"""
