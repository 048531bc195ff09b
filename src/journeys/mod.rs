//! The two journeys, log in and seal, and the smaller ways beside them: read, wait outside, one short write.
