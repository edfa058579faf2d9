"""The block library. Its files are RDL; this one lets packaging tools see the folder."""
