//! The measures of a picture: its edges, its sizes of type, and whether it carries its own heading.

use super::Size;

/// Edges and sizes of type of one shape of picture, in its own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) size: Size,
    /// The class by which the style sheet of a page knows it.
    pub(super) class: &'static str,
    /// Whether the heading is drawn. A page writes it above the picture, in its own type.
    pub(super) headed: bool,
    pub(super) width: f64,
    /// Of the whole picture; a compact one may set its own.
    pub(super) height: f64,
    /// Down to where anything is drawn; a page cuts a wide picture here, a file keeps its shape.
    pub(super) used: f64,
    /// From the edges to what is drawn.
    pub(super) margin: f64,
    /// Size of the heading and of headline figures.
    pub(super) title: f64,
    /// Size of names and figures.
    pub(super) body: f64,
    /// Size of notes and of the labels of axes.
    pub(super) small: f64,
}

impl Frame {
    pub(super) fn of(size: Size) -> Self {
        match size {
            Size::Wide => Self {
                size,
                class: "c-wide",
                headed: true,
                width: 1200.0,
                height: 630.0,
                used: 630.0,
                margin: 40.0,
                title: 30.0,
                body: 19.0,
                small: 16.5,
            },
            // Shown at about half its units on a phone.
            Size::Compact => Self {
                size,
                class: "c-compact",
                headed: true,
                width: 720.0,
                height: 680.0,
                used: 680.0,
                margin: 24.0,
                title: 36.0,
                body: 27.0,
                small: 24.0,
            },
        }
    }

    /// For the room of a whole page: its edges are those of the text around it, and its letters as large as that text.
    pub(super) fn of_page() -> Self {
        Self { width: 1280.0, height: 540.0, used: 540.0, margin: 1.0, headed: false, ..Self::of(Size::Wide) }
    }

    /// For a tile beside others: laid out as for a phone, in letters that are not larger than the text around it.
    pub(super) fn of_tile() -> Self {
        Self { class: "c-tile", width: 960.0, ..Self::of_phone() }
    }

    /// For a page on a phone.
    pub(super) fn of_phone() -> Self {
        Self { height: 600.0, used: 600.0, margin: 1.0, headed: false, ..Self::of(Size::Compact) }
    }

    pub(super) fn is_wide(&self) -> bool {
        self.size == Size::Wide
    }

    pub(super) fn right(&self) -> f64 {
        self.width - self.margin
    }

    pub(super) fn inner(&self) -> f64 {
        self.width - 2.0 * self.margin
    }
}
