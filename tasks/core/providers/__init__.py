"""Whether a provider has a model and this account may use it; the requests cost nothing."""
