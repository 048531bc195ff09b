//! Sealing over its HTTP boundary: an application asks, persons sign with cards in a reader, the application fetches.
//! What goes wrong ends in its code, and what a card signed is never lost.

mod api;
mod beside;
mod blocks;
mod certificates;
mod changed;
mod container;
mod crash;
mod documents;
mod journey;
mod outside;
mod parts;
mod password;
mod picture;
mod profile;
mod publication;
mod reader;
mod seals;
mod signers;
mod together;
mod town;
