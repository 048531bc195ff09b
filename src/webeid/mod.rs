//! The wire format that the service and a reader agent share: the Web eID token and its native messages.
//!
//! Holds no logic and checks nothing but form.
