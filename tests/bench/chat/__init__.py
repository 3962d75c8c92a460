"""Parts of `bench_chat`: a provider, visitors, and the systems between them."""
