"""What every other package speaks: frozen values, jobs and errors. Standard library and numpy only."""
