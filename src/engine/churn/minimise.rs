//! Finds the lowest point of a smooth function of four numbers.
//!
//! Invariant: the answer is never higher than the start, and every number in it is finite.

/// A point, or a direction.
pub(super) type Point = [f64; 4];

/// Far more steps than a likelihood of four parameters needs (about thirty).
const STEPS_MAX: usize = 200;
/// A slope this flat, of a mean log-likelihood, moves no printed digit any more.
const FLAT: f64 = 1e-7;
/// Longest step: the parameters are logarithms, and beyond a factor of e² the quadratic model is a guess.
const REACH: f64 = 2.0;
/// Halvings of a step before the search gives up on a direction.
const HALVINGS_MAX: usize = 40;

/// The quasi-Newton method of Broyden, Fletcher, Goldfarb and Shanno (Nocedal & Wright 2006, algorithm 6.1) with a
/// backtracking line search. `function` gives height and gradient; a height that is not finite is never stepped on.
pub(super) fn minimise(start: Point, function: impl Fn(&Point) -> (f64, Point)) -> Point {
    let mut at = start;
    let (mut height, mut slope) = function(&at);
    let mut inverse = identity();
    let mut fresh = true;
    for _ in 0..STEPS_MAX {
        if slope.iter().all(|s| s.abs() < FLAT) {
            break;
        }
        let mut direction = inverse.map(|row| -dot(&row, &slope));
        if dot(&direction, &slope) >= 0.0 {
            inverse = identity();
            direction = slope.map(|s| -s);
        }
        let longest = direction.iter().fold(0.0_f64, |longest, d| longest.max(d.abs()));
        let shorter = (REACH / longest).min(1.0);
        direction = direction.map(|d| d * shorter);
        let Some((next, next_height, next_slope)) = descend(&at, height, &slope, &direction, &function)
        else {
            if fresh {
                break; // Not even straight down: this is the floor, as far as rounding lets us see.
            }
            inverse = identity();
            fresh = true;
            continue;
        };
        let step = minus(&next, &at);
        inverse = updated(&inverse, &step, &minus(&next_slope, &slope));
        (at, height, slope, fresh) = (next, next_height, next_slope, false);
    }
    at
}

/// The first point along `direction`, halving, that is low enough for how steep it is (Armijo).
fn descend(
    at: &Point,
    height: f64,
    slope: &Point,
    direction: &Point,
    function: &impl Fn(&Point) -> (f64, Point),
) -> Option<(Point, f64, Point)> {
    let steep = dot(direction, slope);
    let mut length = 1.0;
    for _ in 0..HALVINGS_MAX {
        let next: Point = std::array::from_fn(|i| at[i] + length * direction[i]);
        let (next_height, next_slope) = function(&next);
        let usable = next_height.is_finite() && next_slope.iter().all(|s| s.is_finite());
        if usable && next_height < height && next_height <= height + 1e-4 * length * steep {
            return Some((next, next_height, next_slope));
        }
        length /= 2.0;
    }
    None
}

/// The inverse Hessian after a step, unless the step says nothing about the curvature.
fn updated(inverse: &[Point; 4], step: &Point, bend: &Point) -> [Point; 4] {
    let along = dot(step, bend);
    if along <= 1e-12 {
        return *inverse;
    }
    let turned = inverse.map(|row| dot(&row, bend));
    let stretch = (1.0 + dot(bend, &turned) / along) / along;
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            inverse[i][j] + stretch * step[i] * step[j] - (turned[i] * step[j] + step[i] * turned[j]) / along
        })
    })
}

fn identity() -> [Point; 4] {
    std::array::from_fn(|i| std::array::from_fn(|j| if i == j { 1.0 } else { 0.0 }))
}

fn dot(left: &Point, right: &Point) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn minus(left: &Point, right: &Point) -> Point {
    std::array::from_fn(|i| left[i] - right[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_of_a_bent_valley() {
        // Rosenbrock's function in two pairs; its floor is at one.
        let found = minimise([-1.2, 1.0, -1.2, 1.0], |p| {
            let pair = |x: f64, y: f64| {
                let (u, v) = (1.0 - x, y - x * x);
                (u * u + 100.0 * v * v, -2.0 * u - 400.0 * v * x, 200.0 * v)
            };
            let (f, fx, fy) = pair(p[0], p[1]);
            let (g, gx, gy) = pair(p[2], p[3]);
            (f + g, [fx, fy, gx, gy])
        });
        assert!(found.iter().all(|x| (x - 1.0).abs() < 1e-4), "{found:?}");
    }

    #[test]
    fn what_is_not_finite_is_not_stepped_on() {
        let walled = |p: &Point| {
            let inside = p.iter().all(|x| *x > 0.5);
            (if inside { p.iter().map(|x| x * x).sum() } else { f64::NAN }, p.map(|x| 2.0 * x))
        };
        assert!(minimise([3.0; 4], walled).iter().all(|x| *x > 0.5));
        assert_eq!(minimise([1.0; 4], |p| (f64::NAN, *p)), [1.0; 4]);
    }
}
