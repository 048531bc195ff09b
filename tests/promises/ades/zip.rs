//! Archives of other programs open here, and ours with them.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use zegel::ades::asic::zip::write::Writer;
use zegel::ades::asic::zip::{Archive, Limits, Method};
use zegel::base::bytes::FileAt;

use crate::support::{TestFolder, judge, moment};

const PYTHON: &str = r"
import sys, zipfile
kind, path = sys.argv[1:3]
files = [('mimetype', b'application/vnd.etsi.asic-e+zip'), ('besluit \u00e9.txt', b'TEST ' * 400), ('map/leeg', b'')]

class Pipe:
    def __init__(self, file): self.file = file
    def write(self, data): return self.file.write(data)
    def flush(self): self.file.flush()

def write(archive):
    for name, content in files:
        if kind == 'large':
            with archive.open(name, 'w', force_zip64=True) as entry: entry.write(content)
        else:
            archive.writestr(name, content)
    if kind == 'comment': archive.comment = b'mimetype=application/vnd.etsi.asic-e+zip'
    if kind == 'folder': archive.writestr(zipfile.ZipInfo('leeg/'), b'')

if kind == 'read':
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for entry in archive.infolist(): print(entry.filename, len(archive.read(entry)), entry.compress_type)
else:
    method = zipfile.ZIP_STORED if kind == 'stored' else zipfile.ZIP_DEFLATED
    with open(path, 'wb') as file:
        with zipfile.ZipFile(Pipe(file) if kind == 'streamed' else file, 'w', method) as archive: write(archive)
";

fn python(words: &[&str]) -> Option<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(judge("python3")?)
        .args(["-c", PYTHON])
        .args(words)
        .env("PYTHONUTF8", "1")
        .output()
        .unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    Some(String::from_utf8(stdout).unwrap())
}

fn open(path: &Path) -> Archive {
    Archive::open(Arc::new(FileAt::open(path).unwrap()), &Limits::default()).unwrap()
}

#[test]
fn archives_of_other_programs_open() {
    let folder = TestFolder::new("zip");
    for kind in ["stored", "deflated", "streamed", "large", "comment", "folder"] {
        let path = folder.path().join(format!("{kind}.zip"));
        if python(&[kind, path.to_str().unwrap()]).is_none() {
            return;
        }
        let archive = open(&path);
        let content = |name: &str| archive.read(archive.entry(name).unwrap(), 10_000).unwrap();
        assert_eq!(content("mimetype"), b"application/vnd.etsi.asic-e+zip", "{kind}");
        assert_eq!(content("besluit é.txt"), b"TEST ".repeat(400), "{kind}");
        assert_eq!(content("map/leeg"), b"", "{kind}");
        assert_eq!(archive.entry("leeg/").is_some(), kind == "folder");
        assert_eq!(archive.comment().is_empty(), kind != "comment");
    }
}

#[test]
fn other_programs_open_ours() {
    let (Some(_), Some(unzip)) = (judge("python3"), judge("unzip")) else {
        return;
    };
    let folder = TestFolder::new("zip-ours");
    let path = folder.path().join("ours.asice");
    let mut writer = Writer::new(std::fs::File::create(&path).unwrap(), moment());
    let text = b"TEST ".repeat(400);
    for (name, content, method) in [
        (
            "mimetype",
            b"application/vnd.etsi.asic-e+zip".to_vec(),
            Method::Stored,
        ),
        ("besluit é.txt", text.clone(), Method::Deflated),
        ("map/leeg", Vec::new(), Method::Deflated),
    ] {
        writer.add(name, &content, method).unwrap();
    }
    writer.finish().unwrap();
    let expected = "mimetype 31 0\nbesluit é.txt 2000 8\nmap/leeg 0 0\n";
    assert_eq!(python(&["read", path.to_str().unwrap()]).unwrap(), expected);

    // And once more after something was added.
    let later = folder.path().join("later.asice");
    let file = std::fs::File::create(&later).unwrap();
    let mut writer = Writer::append_to(&open(&path), file, moment()).unwrap();
    writer
        .add("META-INF/signatures001.xml", &text, Method::Deflated)
        .unwrap();
    writer.finish().unwrap();
    let expected = format!("{expected}META-INF/signatures001.xml 2000 8\n");
    assert_eq!(python(&["read", later.to_str().unwrap()]).unwrap(), expected);
    for path in [path, later] {
        let tested = Command::new(&unzip).arg("-t").arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&tested.stdout);
        assert!(
            tested.status.success() && said.contains("No errors detected"),
            "{said}"
        );
    }
}
