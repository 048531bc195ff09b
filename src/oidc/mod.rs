//! The provider's rules: requests, codes, tokens, claims. Values in, values out.
