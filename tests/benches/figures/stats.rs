//! Medians, percentiles, and whether two samples can come from one distribution.

use std::time::Duration;

/// The value below which that share of the sample lies.
pub(crate) fn percentile(sample: &[Duration], share: f64) -> Duration {
    let mut sorted = sample.to_vec();
    sorted.sort_unstable();
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "samples are small")]
    let index = (sorted.len() as f64 * share).ceil() as usize;
    sorted[index.clamp(1, sorted.len()) - 1]
}

pub(crate) fn median(sample: &[Duration]) -> Duration {
    percentile(sample, 0.5)
}

pub(crate) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The p-value of the two-sample Kolmogorov-Smirnov test, by its asymptotic series with Stephens's correction (Numerical Recipes,
/// section 14.3.3): how likely it is that samples of one distribution lie as far apart as these.
#[expect(clippy::cast_precision_loss, reason = "samples are small")]
pub(crate) fn kolmogorov_smirnov(left: &[Duration], right: &[Duration]) -> f64 {
    let sorted = |sample: &[Duration]| {
        let mut sorted = sample.to_vec();
        sorted.sort_unstable();
        sorted
    };
    let (left, right) = (sorted(left), sorted(right));
    let below = |sample: &[Duration], value: Duration| sample.partition_point(|each| *each <= value) as f64 / sample.len() as f64;
    let apart = |value: &Duration| (below(&left, *value) - below(&right, *value)).abs();
    let distance = left.iter().chain(&right).map(apart).fold(0.0, f64::max);
    let size = (left.len() as f64 * right.len() as f64 / (left.len() + right.len()) as f64).sqrt();
    let lambda = (size + 0.12 + 0.11 / size) * distance;
    // The series does not converge near zero, where the probability is one.
    if lambda < 0.2 {
        return 1.0;
    }
    let term = |index: i32| (-2.0 * f64::from(index * index) * lambda * lambda).exp() * if index % 2 == 1 { 2.0 } else { -2.0 };
    (1..=100).map(term).sum::<f64>().clamp(0.0, 1.0)
}
