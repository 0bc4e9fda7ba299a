"""A package, so that the running installation of its fixture ends with the last test of it."""
