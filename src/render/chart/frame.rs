//! The measures of a picture: its edges and its sizes of type.

use super::Size;

/// Edges and sizes of type of one shape of picture, in its own units.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub(super) size: Size,
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
