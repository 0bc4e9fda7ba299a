"""One module per fault. Each drill is a coroutine: a site in, findings into its report."""
