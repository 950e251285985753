//! Exact decimal numbers, small enough to read at a glance.
//!
//! Reports are compared year on year, so a rounding here would show up as growth: 164.5亿元 must
//! be 16 450 000 000 and not the nearest product of two floats. Only the last step, into the
//! `f64` of the record, may round, and it rounds once and correctly.

/// A decimal number: `mantissa` / 10^`scale`.
// Laid out as closely as may be: a text may hold a million numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(Rust, packed(8))]
pub struct Decimal {
    mantissa: i128,
    scale: u32,
}

/// The most digits a printed number may have. Longer runs are codes, not quantities.
const MAX_DIGITS: usize = 18;

/// The size of what no quantity of this world reaches.
const LIMIT: i128 = 10_i128.pow(30);

/// The places kept where a division does not come out even (亩 is 2000/3 m²).
const DIVISION_PLACES: u32 = 4;

impl Decimal {
    /// A whole number.
    pub fn whole(value: i64) -> Self {
        Self { mantissa: i128::from(value), scale: 0 }
    }

    /// Reads ASCII digits with at most one point. None for anything else and for numbers of more
    /// than 18 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        if whole.is_empty() {
            return None;
        }
        Self::of_digits(whole.chars().chain(fraction.chars()), fraction.len())
    }

    /// The number that these ASCII digits write, the last `places` of them behind the point. None
    /// for anything else and for more than 18 digits.
    pub fn of_digits(digits: impl Iterator<Item = char>, places: usize) -> Option<Self> {
        // As many digits as are let in here fit.
        let mut mantissa: i64 = 0;
        for (count, c) in digits.enumerate() {
            if count == MAX_DIGITS {
                return None;
            }
            mantissa = mantissa * 10 + i64::from(c.to_digit(10)?);
        }
        Some(Self { mantissa: i128::from(mantissa), scale: u32::try_from(places).ok()? }.reduced())
    }

    /// The product; none where it leaves the range of 10^30, which no quantity of this world does.
    pub fn times(self, other: Self) -> Option<Self> {
        let mantissa = self.mantissa.checked_mul(other.mantissa)?;
        let product = Self { mantissa, scale: self.scale + other.scale }.reduced();
        (product.mantissa.abs() < LIMIT).then_some(product)
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        let widen = |n: Self| n.mantissa.checked_mul(10_i128.checked_pow(scale - n.scale)?);
        Some(Self { mantissa: widen(self)?.checked_add(widen(other)?)?, scale }.reduced())
    }

    /// The quotient, rounded half away from zero to four places where it does not come out even.
    /// None for a zero divisor.
    pub fn over(self, divisor: u32) -> Option<Self> {
        if divisor <= 1 {
            return (divisor == 1).then_some(self);
        }
        let divisor = i128::from(divisor);
        if self.mantissa % divisor == 0 {
            return Some(Self { mantissa: self.mantissa / divisor, scale: self.scale });
        }
        let widened = self.mantissa.checked_mul(10_i128.pow(DIVISION_PLACES))?;
        let divisor = divisor.checked_mul(10_i128.checked_pow(self.scale)?)?;
        let half = if widened < 0 { -divisor / 2 } else { divisor / 2 };
        Some(Self { mantissa: widened.checked_add(half)? / divisor, scale: DIVISION_PLACES }.reduced())
    }

    /// The number with its sign turned.
    pub fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, ..self }
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Whether the number is `value`.
    pub fn is(self, value: i64) -> bool {
        self.scale == 0 && self.mantissa == i128::from(value)
    }

    /// The number if it is whole and small: a count of years or of doublings.
    pub fn small(self) -> Option<u32> {
        if self.scale == 0 { u32::try_from(self.mantissa).ok() } else { None }
    }

    /// The nearest `f64`.
    pub fn to_f64(self) -> f64 {
        /// The whole numbers up to here, and the powers of ten up to the 22nd, are all `f64`.
        const EXACT: i128 = 1 << 53;
        const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
        if self.mantissa.abs() <= EXACT
            && let Some(power) = POWERS.get(self.scale as usize)
        {
            // Of two exact operands the quotient is rounded once.
            return self.mantissa as f64 / power;
        }
        // The standard parser rounds correctly, which dividing what was rounded before would not.
        // The text is always a number, so the fallback is never taken.
        let Self { mantissa, scale } = self;
        format!("{mantissa}e-{scale}").parse().unwrap_or(f64::NAN)
    }

    /// The same number without trailing zeros behind the point.
    fn reduced(mut self) -> Self {
        // Nearly every mantissa is small, and small ones are divided many times faster.
        if let Ok(mut small) = i64::try_from(self.mantissa) {
            while self.scale > 0 && small % 10 == 0 {
                small /= 10;
                self.scale -= 1;
            }
            return Self { mantissa: i128::from(small), ..self };
        }
        while self.scale > 0 && self.mantissa % 10 == 0 {
            self.mantissa /= 10;
            self.scale -= 1;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn money_is_exact() {
        let amount = Decimal::parse("164.5").unwrap().times(Decimal::whole(100_000_000)).unwrap();
        assert_eq!(amount.to_f64(), 16_450_000_000.0);
        assert_eq!(Decimal::parse("0.07").unwrap().times(Decimal::whole(100)).unwrap().to_f64(), 7.0);
    }

    #[test]
    fn every_value_is_the_nearest() {
        for text in ["0.1", "7.3", "0.000000001", "9007199254740993", "90071992547409.93", "123456789.987654321"] {
            assert_eq!(Decimal::parse(text).unwrap().to_f64(), text.parse::<f64>().unwrap(), "{text}");
            assert_eq!(Decimal::parse(text).unwrap().negated().to_f64(), -text.parse::<f64>().unwrap(), "{text}");
        }
    }

    #[test]
    fn mu_round_to_four_places() {
        let area =
            |mu: &str| Decimal::parse(mu).unwrap().times(Decimal::whole(2000)).unwrap().over(3).unwrap().to_f64();
        assert_eq!(area("2712.7"), 1_808_466.666_7);
        assert_eq!(area("165"), 110_000.0);
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", ".5", "1.2.3", "12a", "1234567890123456789"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }
}
