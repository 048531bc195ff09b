//! On what it was measured.

use std::process::Command;

pub fn heading() -> String {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = text("/proc/cpuinfo")
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor".to_owned(), |(_, name)| name.trim().to_owned());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = text("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or("unknown");
    let rustc = Command::new("rustc")
        .arg("--version")
        .output()
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_else(|_| "rustc unknown".to_owned());
    let profile = if cfg!(debug_assertions) {
        "with debug assertions: figures say nothing"
    } else {
        "release"
    };
    format!(
        "zegel {} · {cpu} · {cores} cores · load {load} at the start · {rustc} · {} · profile {profile}\n",
        env!("CARGO_PKG_VERSION"),
        openssl::version::version(),
    )
}
