//! Smart cards: APDUs, PC/SC readers and their events, PINs, the Belgian eID card.
//!
//! Never shows a PIN, never logs response data, never decides whether a card's data is genuine to be trusted: it
//! reads, authorises and signs, three different results.
