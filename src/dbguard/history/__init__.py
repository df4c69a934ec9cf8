"""An earlier version of the files of a scan, and what changed since."""
