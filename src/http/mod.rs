//! Routes, pages, the JSON interface: translate and call a journey.
