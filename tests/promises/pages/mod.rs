//! Every page reads well in four languages, says everything it has to, and nothing else reaches a browser.

mod checks;
mod render;
mod samples;
mod served;
mod texts;
