//! The signing request, its plan and the stages of its ceremony.
