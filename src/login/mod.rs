//! Ways to prove who you are; each ends in an `identity::LoginResult`.
