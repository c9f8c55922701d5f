"""The two image panes: a frozen picture is resolved from the state, the panes only draw it."""
