//! The commands of `zegel`.
