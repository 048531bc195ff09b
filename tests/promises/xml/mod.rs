//! XML is read strictly, and canonicalised as libxml2 canonicalises it.

mod canonical;
mod generate;
mod refused;
