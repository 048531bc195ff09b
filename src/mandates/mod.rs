//! What a person may do: facts on two time axes, rules as data, evaluation, signing plans, proofs.
//!
//! Never treats missing knowledge as permission.
