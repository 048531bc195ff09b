//! The one door to outside HTTP: size, time, host allow-list, no private addresses.
