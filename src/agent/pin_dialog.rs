//! The PIN window on Windows, drawn by the operating system itself.
//!
//! It is the only window of its process, which ends with it. What is typed is copied out once into memory that is wiped;
//! the field's own copy goes with the process.

use std::cell::RefCell;
use std::rc::Rc;

use winsafe::prelude::*;
use winsafe::{co, gui};
use zeroize::Zeroizing;

use crate::base::secret::Pin;
use crate::card::assuan::Kind;

use super::pinentry::{Dialogs, Pressed, Shown};

/// Windows of this operating system.
pub(super) struct NativeDialogs;

impl Dialogs for NativeDialogs {
    fn show(&mut self, shown: &Shown, kind: Kind) -> Pressed {
        // A window that cannot be shown asked nobody.
        open(shown, kind).unwrap_or(Pressed::Cancel)
    }
}

/// Measures, in units that do not depend on the screen's resolution.
const WIDTH: i32 = 460;
const MARGIN: i32 = 16;
const INSIDE: i32 = WIDTH - 2 * MARGIN;
const LINE: i32 = 18;
const FIELD: i32 = 26;
const BUTTON: (i32, i32) = (136, 30);
const GAP: i32 = 10;
/// How many lines of text are seen at once; the rest is scrolled.
const LINES: std::ops::RangeInclusive<i32> = 3..=16;
/// About how many letters fit a line.
const LETTERS: usize = 64;
const TIMER: usize = 1;

fn open(shown: &Shown, kind: Kind) -> winsafe::AnyResult<Pressed> {
    let lines = lines(&shown.description).clamp(*LINES.start(), *LINES.end());
    let mut top = MARGIN;
    let text_height = lines * LINE + 8;
    let has_error = !shown.error.is_empty();
    let height = MARGIN * 2
        + text_height
        + i32::from(has_error) * (LINE * 2 + GAP)
        + i32::from(kind == Kind::Pin) * (LINE + FIELD + GAP)
        + GAP
        + BUTTON.1;
    let window = gui::WindowMain::new(gui::WindowMainOpts {
        title: &shown.title,
        size: gui::dpi(WIDTH, height),
        // WHY on top: it is opened by a browser's helper, and would else lie behind the browser.
        ex_style: co::WS_EX::TOPMOST | co::WS_EX::DLGMODALFRAME,
        ..Default::default()
    });
    // A field that is only read can be scrolled, and is read out by screen readers.
    let _text = gui::Edit::new(
        &window,
        gui::EditOpts {
            text: &shown.description.replace('\n', "\r\n"),
            position: gui::dpi(MARGIN, top),
            width: gui::dpi_x(INSIDE),
            height: gui::dpi_y(text_height),
            control_style: co::ES::MULTILINE | co::ES::READONLY | co::ES::AUTOVSCROLL,
            window_style: co::WS::CHILD
                | co::WS::VISIBLE
                | co::WS::TABSTOP
                | if lines == *LINES.end() {
                    co::WS::VSCROLL
                } else {
                    co::WS::NoValue
                },
            window_ex_style: co::WS_EX::LEFT,
            ..Default::default()
        },
    );
    top += text_height + GAP;
    let _error = has_error.then(|| {
        let label = label(&window, &shown.error, top, LINE * 2);
        top += LINE * 2 + GAP;
        label
    });
    let field = (kind == Kind::Pin).then(|| {
        let _prompt = label(&window, &shown.prompt, top, LINE);
        let field = gui::Edit::new(
            &window,
            gui::EditOpts {
                position: gui::dpi(MARGIN, top + LINE),
                width: gui::dpi_x(INSIDE / 2),
                height: gui::dpi_y(FIELD),
                control_style: co::ES::PASSWORD | co::ES::NUMBER | co::ES::AUTOHSCROLL,
                ..Default::default()
            },
        );
        top += LINE + FIELD + GAP;
        field
    });
    let pressed: Rc<RefCell<Pressed>> = Rc::new(RefCell::new(Pressed::Cancel));
    let buttons = Buttons {
        window: window.clone(),
        pressed: Rc::clone(&pressed),
        top,
    };
    let typed = field.clone();
    let ok = buttons.add(&shown.ok, co::DLGID::OK, 0, move || {
        let text = typed.as_ref().and_then(|field| field.text().ok());
        Pressed::Ok(Zeroizing::new(text.unwrap_or_default()))
    });
    if kind != Kind::Message {
        buttons.add(&shown.cancel, co::DLGID::CANCEL, 1, || Pressed::Cancel);
    }
    if !shown.other.is_empty() {
        buttons.add(&shown.other, co::DLGID::IGNORE, 2, || Pressed::Other);
    }
    let (opened, first, seconds) = (window.clone(), field.clone(), shown.seconds);
    window.on().wm_create(move |_| {
        if seconds > 0 {
            let milliseconds = u32::try_from(seconds.saturating_mul(1000)).unwrap_or(u32::MAX);
            opened.hwnd().SetTimer(TIMER, milliseconds, None)?;
        }
        match &first {
            Some(field) => {
                field.limit_text(Some(u32::try_from(Pin::MAX_DIGITS).unwrap_or(12)));
                field.hwnd().SetFocus();
            }
            None => {
                ok.hwnd().SetFocus();
            }
        }
        opened.hwnd().SetForegroundWindow();
        Ok(0)
    });
    let (closing, late) = (window.clone(), Rc::clone(&pressed));
    window.on().wm_timer(TIMER, move || {
        *late.borrow_mut() = Pressed::Nothing;
        closing.close();
        Ok(())
    });
    window.run_main(None)?;
    // The closures that share it are gone with the window, or will be with the process.
    Ok(pressed.replace(Pressed::Cancel))
}

fn label(window: &gui::WindowMain, text: &str, top: i32, height: i32) -> gui::Label {
    gui::Label::new(
        window,
        gui::LabelOpts {
            text,
            position: gui::dpi(MARGIN, top),
            size: gui::dpi(INSIDE, height),
            ..Default::default()
        },
    )
}

/// A row of buttons, each of which closes the window.
struct Buttons {
    window: gui::WindowMain,
    pressed: Rc<RefCell<Pressed>>,
    top: i32,
}

impl Buttons {
    fn add(
        &self,
        text: &str,
        id: co::DLGID,
        place: i32,
        press: impl Fn() -> Pressed + 'static,
    ) -> gui::Button {
        let button = gui::Button::new(
            &self.window,
            gui::ButtonOpts {
                text,
                position: gui::dpi(MARGIN + place * (BUTTON.0 + GAP), self.top),
                width: gui::dpi_x(BUTTON.0),
                height: gui::dpi_y(BUTTON.1),
                control_style: if id == co::DLGID::OK {
                    co::BS::DEFPUSHBUTTON
                } else {
                    co::BS::PUSHBUTTON
                },
                ctrl_id: id.raw(),
                ..Default::default()
            },
        );
        let (window, pressed) = (self.window.clone(), Rc::clone(&self.pressed));
        button.on().bn_clicked(move || {
            *pressed.borrow_mut() = press();
            window.close();
            Ok(())
        });
        button
    }
}

/// About how many lines a text takes.
fn lines(text: &str) -> i32 {
    let count: usize = text
        .lines()
        .map(|line| line.chars().count().div_ceil(LETTERS).max(1))
        .sum();
    i32::try_from(count).unwrap_or(i32::MAX)
}
