"""What every other package speaks: frozen values, jobs and errors. Needs only numpy."""
