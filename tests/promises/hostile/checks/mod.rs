//! What must hold of every reader of foreign bytes, whatever the bytes: it returns, and what it returns keeps its
//! word. One function per family; the fuzz targets call the same ones.

pub mod card;
pub mod imports;
pub mod messages;
pub mod pdf;
pub mod pki;
pub mod provider;
pub mod signed;
pub mod signed_xml;
pub mod token;
pub mod tokens;
pub mod xml;
pub mod zip;

/// Runs `work` and requires that it ends in `millis`, generously: for blow-ups, not for slowness.
pub fn within<T>(millis: u128, what: &str, work: impl FnOnce() -> T) -> T {
    let begun = std::time::Instant::now();
    let done = work();
    let took = begun.elapsed().as_millis();
    assert!(took < millis, "{what} took {took} ms");
    done
}
