//! The national number goes to a client with a recorded legal basis, through one door, and is written down.
