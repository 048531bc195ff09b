//! A picture in a visible signature: upright and in its proportions on every page, nothing in it but the picture.

use std::process::Command;
use std::sync::Arc;

use zegel::pdf::appearance::{Block, Line};
use zegel::pdf::image::{Image, ImageError};
use zegel::pdf::object::Object;
use zegel::pdf::signature_field::{self, Content, FieldRequest, Placement};
use zegel::pdf::update::Update;
use zegel::signing::appearance as visible;

use super::make;
use crate::ades::samples::{SHAPES, Xref, pdf};
use crate::support::judge;

const TEXTS: [(&str, &str); 4] = [
    ("An Specimen", "getekend op 3 maart 2026, burgemeester"),
    ("Éloïse Spécimen", "signé le 3 mars 2026, bourgmestre"),
    ("Jörg Spezimen", "unterzeichnet am 3. März 2026, Bürgermeister"),
    ("Ann Specimen", "signed on 3 March 2026, mayor"),
];

/// Left half red, right half blue; `cover`: how much of the page it covers.
pub(crate) fn two_colours(width: u32, height: u32, cover: Option<u8>) -> Vec<u8> {
    let mut samples = Vec::new();
    for _ in 0..height {
        for x in 0..width {
            samples.extend_from_slice(if x < width / 2 { &[220, 0, 0] } else { &[0, 0, 220] });
            samples.extend(cover);
        }
    }
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_color(if cover.is_some() {
        png::ColorType::Rgba
    } else {
        png::ColorType::Rgb
    });
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&samples)
        .unwrap();
    out
}

fn signed(document: &[u8], image: &Image, (name, said): (&str, &str)) -> Vec<u8> {
    placed(
        document,
        Placement::Automatic {
            block: Block {
                lines: vec![Line::bold(name), Line::regular(said)],
                mark: None,
                image: Some(Arc::new(image.called(name))),
            },
            width: 200.0,
            height: 64.0,
        },
    )
}

fn placed(document: &[u8], placement: Placement) -> Vec<u8> {
    let opened = make::open(document).unwrap();
    let mut update = Update::new(&opened);
    let request = FieldRequest {
        placement,
        name: None,
        tooltip: None,
        content: Content::Signature {
            signed_at: crate::support::moment(),
            name: None,
            location: None,
            reason: None,
            certify: None,
            lock: None,
        },
        contents_bytes: 8,
        signer: None,
    };
    signature_field::add(&mut update, &request).unwrap();
    let mut tail = update.finish().unwrap();
    tail.embed(&[0x30, 0]).unwrap();
    [document, &tail.bytes].concat()
}

/// The page as poppler draws it: width and samples of three colours.
fn drawn(bytes: &[u8]) -> Option<(usize, Vec<u8>)> {
    let pdftoppm = judge("pdftoppm")?;
    let (folder, path) = make::stored(bytes);
    let out = folder.path().join("page");
    let status = Command::new(pdftoppm)
        .args(["-singlefile", "-cropbox", "-r", "144"])
        .arg(&path)
        .arg(&out)
        .status();
    assert!(status.unwrap().success());
    let ppm = std::fs::read(out.with_extension("ppm")).unwrap();
    let mut lines = ppm.splitn(4, |byte| *byte == b'\n');
    let (_, size, _) = (lines.next(), lines.next().unwrap(), lines.next());
    let width = std::str::from_utf8(size)
        .unwrap()
        .split(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    Some((width, lines.next().unwrap().to_vec()))
}

/// Left, top, right and bottom of the pixels of a colour.
fn extent(width: usize, samples: &[u8], is: impl Fn(&[u8]) -> bool) -> Option<[usize; 4]> {
    let mut found: Option<[usize; 4]> = None;
    for (index, _) in samples.chunks(3).enumerate().filter(|(_, pixel)| is(pixel)) {
        let (x, y) = (index % width, index / width);
        let [left, top, right, bottom] = found.unwrap_or([x, y, x, y]);
        found = Some([left.min(x), top.min(y), right.max(x), bottom.max(y)]);
    }
    found
}

#[test]
fn a_picture_stands_upright_beside_the_text_on_every_page() {
    let image = Image::parse(&two_colours(120, 80, None), "").unwrap();
    for (index, shape) in SHAPES.iter().enumerate() {
        let text = TEXTS[index % TEXTS.len()];
        let file = signed(&pdf(Xref::Table, *shape), &image, text);
        make::check_with_qpdf(&file);
        let Some((width, samples)) = drawn(&file) else {
            return;
        };
        let red = extent(width, &samples, |pixel| {
            pixel[0] > 180 && pixel[1] < 60 && pixel[2] < 60
        });
        let blue = extent(width, &samples, |pixel| {
            pixel[2] > 180 && pixel[1] < 60 && pixel[0] < 60
        });
        let (Some(red), Some(blue)) = (red, blue) else {
            panic!("{}: the picture does not show", shape.name);
        };
        // Red left of blue, at the same height, and together half as wide again as they are high.
        assert!(
            red[2] <= blue[0] + 1 && red[1].abs_diff(blue[1]) <= 1,
            "{}: {red:?} {blue:?}",
            shape.name
        );
        let (wide, high) = (blue[2] - red[0] + 1, red[3] - red[1] + 1);
        assert!(
            (2 * wide).abs_diff(3 * high) <= 8,
            "{}: {wide} × {high}",
            shape.name
        );
        // Inside the block: 54 points high at most, 70 wide, two pixels a point. Poppler draws no user units.
        let unit = if shape.name == "user unit" { 2 } else { 1 };
        assert!(
            high <= 110 / unit && (120 / unit..=144 / unit).contains(&wide),
            "{}: {wide} × {high}",
            shape.name
        );
        let read = make::text_by_poppler(&file).unwrap();
        assert!(read.contains(text.0), "{}: {read}", shape.name);
        if let Ok(folder) = std::env::var("ZEGEL_SHOW") {
            std::fs::write(format!("{folder}/picture-{index}.pdf"), &file).unwrap();
        }
    }
}

#[test]
fn the_blocks_of_a_request_hold_a_picture_and_all_words_in_each_language() {
    let name = "An-Sofie Specimen-Voorbeeld (TEST)";
    for (language, rest) in [
        (
            "nl",
            [
                "Namens de burgemeester (besluit van 12 januari 2026), met toepassing van artikel 280",
                "waarnemend algemeen directeur, Gemeente Zegelgem (TEST)",
                "elektronisch ondertekend op 3 maart 2026 om 10.30 uur",
            ],
        ),
        (
            "fr",
            [
                "Au nom du bourgmestre (décision du 12 janvier 2026), en application de l'article 280",
                "directrice générale faisant fonction, Commune de Zegelgem (TEST)",
                "signé électroniquement le 3 mars 2026 à 10 h 30",
            ],
        ),
        (
            "de",
            [
                "Im Namen des Bürgermeisters (Beschluss vom 12. Januar 2026), in Anwendung von Artikel 280",
                "geschäftsführende Generaldirektorin, Gemeinde Zegelgem (TEST)",
                "elektronisch unterschrieben am 3. März 2026 um 10:30 Uhr",
            ],
        ),
        (
            "en",
            [
                "On behalf of the mayor (decision of 12 January 2026), under article 280",
                "acting general director, Municipality of Zegelgem (TEST)",
                "signed electronically on 3 March 2026 at 10:30",
            ],
        ),
    ] {
        for (shape, width, height) in [("shield", 64, 80), ("square", 80, 80), ("banner", 400, 80)] {
            let image = Image::parse(&two_colours(width, height, None), "Gemeente Zegelgem").unwrap();
            let image = Arc::new(image);
            let [mention, capacity, date] = rest;
            let lines = [mention, name, capacity, date].map(str::to_owned).to_vec();
            let block = visible::placement(lines, name, true);
            // Two signers, side by side.
            let first = placed(
                &make::decision(zegel::pdf::xref::XrefKind::Table),
                visible::with_picture(&block, Arc::clone(&image)),
            );
            make::check_with_qpdf(&first);
            let (images, _) = appearance(&first);
            assert_eq!(images.len(), 1, "{language} {shape}");
            if let Ok(folder) = std::env::var("ZEGEL_SHOW") {
                std::fs::write(format!("{folder}/request-{language}-{shape}.pdf"), &first).unwrap();
            }
            let Some(read) = make::text_by_poppler(&first) else {
                return;
            };
            let read = read.split_whitespace().collect::<Vec<_>>().join(" ");
            for line in [mention, name, capacity, date] {
                assert!(read.contains(line), "{language} {shape}: {line}\n{read}");
            }
        }
    }
}

/// The image XObjects of the last field of a file and the content of its appearance.
pub(crate) fn appearance(file: &[u8]) -> (Vec<zegel::pdf::object::Dictionary>, String) {
    let document = make::open(file).unwrap();
    let view = document.latest();
    let field = view.fields().unwrap().pop().unwrap();
    let shown = view.dictionary(&field.dictionary, "AP").unwrap().unwrap();
    let Object::Stream(form) = view.value(&shown, "N").unwrap() else {
        panic!("no form");
    };
    let content = String::from_utf8(view.stream_bytes(&form, 1 << 20).unwrap()).unwrap();
    let resources = view.dictionary(&form.dictionary, "Resources").unwrap().unwrap();
    let objects = view
        .dictionary(&resources, "XObject")
        .unwrap()
        .unwrap_or_default();
    let images = objects
        .iter()
        .map(|(_, object)| view.resolve(object).unwrap().as_dictionary().unwrap().clone());
    (images.collect(), content)
}

#[test]
fn what_shows_through_is_a_mask_and_lies_on_white_in_a_pdf_a_1() {
    let image = Image::parse(&two_colours(40, 40, Some(128)), "").unwrap();
    assert!(image.is_transparent());
    let with = |metadata: &str| {
        make::by_hand(
            &[
                "<</Type/Catalog/Pages 2 0 R/Metadata 4 0 R>>",
                "<</Type/Pages/Count 1/Kids[3 0 R]>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 300]>>",
                &format!(
                    "<</Type/Metadata/Subtype/XML/Length {}>>stream\n{metadata}\nendstream",
                    metadata.len()
                ),
            ],
            "",
        )
    };
    for (metadata, masked) in [
        ("<pdfaid:part>1</pdfaid:part>", false),
        ("<rdf:Description pdfaid:part=\"1\"/>", false),
        ("<rdf:Description pdfaid:part = '1'/>", false),
        ("<pdfaid:part>2</pdfaid:part>", true),
        ("<rdf:Description pdfaid:part=\"3\"/>", true),
        ("<x/>", true),
    ] {
        let file = signed(&with(metadata), &image, TEXTS[0]);
        let (images, content) = appearance(&file);
        assert_eq!(images.len(), 1);
        assert_eq!(images[0].contains("SMask"), masked, "{metadata}");
        // Colours that need no output intent, and words for who does not see it.
        let space = images[0].get("ColorSpace").unwrap().as_array().unwrap();
        assert_eq!(space[0], Object::name("CalRGB"), "{metadata}");
        let words = hex::encode_upper(zegel::pdf::text_string::encode("An Specimen"));
        assert!(
            content.contains(&format!("/Span <</Alt <{words}>>> BDC")),
            "{content}"
        );
        if let Some((width, samples)) = drawn(&file) {
            // Half red over white, with or without a mask.
            let pale = extent(width, &samples, |pixel| {
                pixel[0] > 200 && (100..170).contains(&pixel[1])
            });
            assert!(pale.is_some(), "{metadata}");
        }
    }
}

#[test]
fn a_jpeg_is_passed_on_as_it_is_without_what_a_camera_wrote_beside() {
    let Some(pdftoppm) = judge("pdftoppm") else { return };
    let image = Image::parse(&two_colours(120, 80, None), "").unwrap();
    let (folder, path) = make::stored(&signed(&pdf(Xref::Table, SHAPES[0]), &image, TEXTS[0]));
    let out = folder.path().join("photo");
    for (kind, more) in [
        ("colour", &[][..]),
        ("grey", &["-gray"]),
        ("progressive", &["-jpegopt", "progressive=y"]),
    ] {
        let status = Command::new(&pdftoppm)
            .args(["-jpeg", "-singlefile", "-r", "20"])
            .args(more)
            .args([&path, &out])
            .status();
        assert!(status.unwrap().success(), "{kind}");
        let photo = std::fs::read(out.with_extension("jpg")).unwrap();
        let place = b"Exif\0\0 52.0 N 4.0 E";
        let length = u16::try_from(place.len() + 2).unwrap().to_be_bytes();
        let told = [&photo[..2], &[0xFF, 0xE1], &length, place, &photo[2..]].concat();
        let plain = Image::parse(&photo, "").unwrap();
        assert_eq!(Image::parse(&told, "").unwrap(), plain, "{kind}");
        let file = signed(
            &pdf(Xref::Stream, SHAPES[3]),
            &Image::parse(&told, "").unwrap(),
            TEXTS[1],
        );
        make::check_with_qpdf(&file);
        assert!(!file.windows(6).any(|window| window == b"52.0 N"), "{kind}");
        let (images, _) = appearance(&file);
        assert_eq!(
            images[0].get("Filter"),
            Some(&Object::name("DCTDecode")),
            "{kind}"
        );
        drawn(&file);

        let cut = |bytes: &[u8], at: usize| Image::parse(&bytes[..at], "").unwrap_err();
        assert_eq!(cut(&photo, photo.len() - 1), ImageError::Malformed, "{kind}");
        assert_eq!(cut(&photo, 30), ImageError::Malformed, "{kind}");
        let behind = [&photo[..], b"behind"].concat();
        assert_eq!(
            Image::parse(&behind, "").unwrap_err(),
            ImageError::Malformed,
            "{kind}"
        );
        let frame = photo
            .windows(2)
            .position(|pair| matches!(pair, [0xFF, 0xC0..=0xC2]))
            .unwrap();
        for (at, value, error) in [
            (frame + 1, 0xC9, ImageError::Unsupported),
            (frame + 4, 12, ImageError::Unsupported),
            (frame + 5, 0xFF, ImageError::Limit),
            (frame + 9, 7, ImageError::Malformed),
        ] {
            let mut changed = photo.clone();
            changed[at] = value;
            assert_eq!(
                Image::parse(&changed, "").unwrap_err(),
                error,
                "{kind}: {at} {value}"
            );
        }
    }
}

#[test]
fn a_picture_that_is_none_or_too_much_is_refused_by_its_code() {
    let good = two_colours(16, 16, Some(9));
    let mut huge = good.clone();
    // The header alone announces two thousand million pixels.
    huge[16..24].copy_from_slice(&[0, 0, 0xB0, 0, 0, 0, 0xB0, 0]);
    for (name, bytes, cause) in [
        ("nothing", Vec::new(), "PDF_IMAGE_KIND"),
        ("a GIF", b"GIF89a".to_vec(), "PDF_IMAGE_KIND"),
        ("a PDF", make::minimal(), "PDF_IMAGE_KIND"),
        (
            "half a PNG",
            good[..good.len() / 2].to_vec(),
            "PDF_IMAGE_MALFORMED",
        ),
        (
            "a PNG without its end",
            good[..good.len() - 12].to_vec(),
            "PDF_IMAGE_MALFORMED",
        ),
        ("a header of another sum", huge, "PDF_IMAGE_MALFORMED"),
        ("a side too long", two_colours(8_001, 1, None), "PDF_IMAGE_LIMIT"),
        (
            "too many pixels",
            two_colours(2_000, 1_001, None),
            "PDF_IMAGE_LIMIT",
        ),
        ("too many bytes", vec![0x89; 1024 * 1024 + 1], "PDF_IMAGE_LIMIT"),
    ] {
        let error = Image::parse(&bytes, "").expect_err(name);
        assert_eq!(error.cause(), cause, "{name}");
    }
    // Any byte changed gives a picture or a refusal, never more.
    for seed in [&good, &two_colours(5, 3, None)] {
        for at in 0..seed.len() {
            for value in [0, 1, 0x7F, 0xFF] {
                let mut changed = seed.clone();
                changed[at] = value;
                let _ = Image::parse(&changed, "");
            }
        }
    }
}
