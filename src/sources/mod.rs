//! Foreign data about offices and organisations, turned into facts with their provenance.
