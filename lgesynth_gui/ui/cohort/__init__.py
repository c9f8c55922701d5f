"""The Cohort mode: plan, run, cases, review, coverage."""
