"""Training: takes a factory of modules and a `Recipe`; knows nothing of specs or graphs."""
