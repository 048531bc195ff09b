//! The laboratory: virtual cards, a test PKI with its services, the demo municipality. Refuses production trust.
