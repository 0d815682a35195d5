"""One module for each subcommand of `forge`."""
