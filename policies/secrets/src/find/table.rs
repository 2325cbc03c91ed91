//! The tokens that providers mark with a prefix of their own. The README names the source of each.

use super::shape::{Check, Piece, Shape};
use crate::bytes::{
    ALNUM, Alphabet, BASE64, DASH, DIGIT, DOT, EQUALS, HEX, LOWER, PLUS_SLASH, TILDE, UPPER, URL64,
    WORD,
};
use crate::detector::Detector::{self, *};

/// Every shape, by its first byte.
pub(super) const SHAPES: &[Shape] = &[
    one("1//0", GoogleKey, URL64, 40, 200),
    one("ABIA", AwsKey, UPPER | DIGIT, 16, 16),
    one("ACCA", AwsKey, UPPER | DIGIT, 16, 16),
    one("AGE-SECRET-KEY-1", PrivateKey, UPPER | DIGIT, 58, 58),
    one("AGE-SECRET-KEY-PQ-1", PrivateKey, UPPER | DIGIT, 58, 4_096),
    one("AIza", GoogleKey, URL64, 35, 35),
    one("AKCp", ServiceToken, ALNUM, 69, 69),
    one("AKIA", AwsKey, UPPER | DIGIT, 16, 16),
    one("ASIA", AwsKey, UPPER | DIGIT, 16, 16),
    one("ATATT3", ServiceToken, URL64 | EQUALS, 150, 250),
    one("ATBB", ServiceToken, ALNUM, 24, 32),
    one("AccountKey=", AzureKey, BASE64 | EQUALS, 44, 88),
    announced("BASIC ", BASE64 | EQUALS, 8, Check::Pair),
    announced("Basic ", BASE64 | EQUALS, 8, Check::Pair),
    announced("Bearer ", BEARER, 20, Check::Random),
    one("EAAA", SquareToken, URL64, 60, 60),
    one("EZAK", ServiceToken, ALNUM, 54, 54),
    one("GOCSPX-", GoogleKey, URL64, 28, 28),
    one("LTAI", ServiceToken, ALNUM, 20, 20),
    one("NRAK-", ServiceToken, UPPER | DIGIT, 27, 27),
    several(
        "PMAK-",
        ServiceToken,
        b'-',
        piece(HEX, 24, 24),
        &[piece(HEX, 34, 34)],
    ),
    several(
        "SG.",
        SendgridKey,
        b'.',
        piece(URL64, 22, 22),
        &[piece(URL64, 43, 43)],
    ),
    one("SK", TwilioKey, HEX, 32, 32),
    one("SharedAccessKey=", AzureKey, BASE64 | EQUALS, 43, 88),
    one("api_org_", HuggingfaceToken, ALNUM, 34, 34),
    announced("basic ", BASE64 | EQUALS, 8, Check::Pair),
    announced("bearer ", BEARER, 20, Check::Random),
    one("cio", ServiceToken, ALNUM, 32, 32),
    one("dapi", ServiceToken, HEX, 32, 32),
    one("dckr_oat_", ServiceToken, URL64, 32, 32),
    one("dckr_pat_", ServiceToken, URL64, 27, 27),
    several(
        "discord.com/api/webhooks/",
        DiscordToken,
        b'/',
        DISCORD_ID,
        DISCORD_HOOK,
    ),
    several(
        "discordapp.com/api/webhooks/",
        DiscordToken,
        b'/',
        DISCORD_ID,
        DISCORD_HOOK,
    ),
    one("doo_v1_", DigitaloceanToken, HEX, 64, 64),
    one("dop_v1_", DigitaloceanToken, HEX, 64, 64),
    one("dor_v1_", DigitaloceanToken, HEX, 64, 64),
    one("dp.pt.", ServiceToken, ALNUM, 43, 43),
    several(
        "dt0c01.",
        ServiceToken,
        b'.',
        piece(UPPER | DIGIT, 24, 24),
        &[piece(UPPER | DIGIT, 64, 64)],
    ),
    one("figd_", ServiceToken, URL64, 40, 60),
    one("fo1_", ServiceToken, URL64, 43, 43),
    summed("gho_", GithubToken),
    summed("ghp_", GithubToken),
    summed("ghr_", GithubToken),
    summed("ghs_", GithubToken),
    summed("ghu_", GithubToken),
    one("github_pat_", GithubToken, WORD, 82, 82),
    one("glagent-", GitlabToken, GITLAB, 20, 320),
    one("glcbt-", GitlabToken, GITLAB, 20, 320),
    one("gldt-", GitlabToken, GITLAB, 20, 320),
    one("glft-", GitlabToken, GITLAB, 20, 320),
    one("glimt-", GitlabToken, GITLAB, 20, 320),
    one("gloas-", GitlabToken, HEX, 64, 64),
    one("glpat-", GitlabToken, GITLAB, 20, 320),
    one("glptt-", GitlabToken, HEX, 40, 40),
    one("glrt-", GitlabToken, GITLAB, 20, 320),
    several(
        "glsa_",
        ServiceToken,
        b'_',
        piece(ALNUM, 32, 32),
        &[piece(HEX, 8, 8)],
    ),
    one("glsoat-", GitlabToken, GITLAB, 20, 320),
    one("gsk_", ServiceToken, ALNUM, 52, 52),
    one("hf_", HuggingfaceToken, ALNUM, 34, 34),
    several(
        "hooks.slack.com/services/",
        SlackToken,
        b'/',
        piece(ALNUM, 8, 14),
        SLACK_HOOK,
    ),
    one("hvb.", ServiceToken, URL64, 130, 320),
    one("hvs.", ServiceToken, URL64, 90, 200),
    one("lin_api_", ServiceToken, ALNUM, 40, 40),
    summed("npm_", NpmToken),
    one("ntn_", ServiceToken, ALNUM, 46, 46),
    one(
        "ops_eyJ",
        ServiceToken,
        URL64 | PLUS_SLASH | EQUALS,
        200,
        4_096,
    ),
    several(
        "pat",
        ServiceToken,
        b'.',
        piece(ALNUM, 14, 14),
        &[piece(HEX, 64, 64)],
    ),
    one("pplx-", ServiceToken, ALNUM, 48, 48),
    one("pscale_oauth_", ServiceToken, GITLAB | EQUALS, 32, 64),
    one("pscale_pw_", ServiceToken, GITLAB | EQUALS, 32, 64),
    one("pscale_tkn_", ServiceToken, GITLAB | EQUALS, 32, 64),
    one("pul-", ServiceToken, HEX, 40, 40),
    one("pypi-AgEIcHlwaS5vcmc", PypiToken, URL64, 50, 1_000),
    one("pypi-AgENdGVzdC5weXBpLm9yZw", PypiToken, URL64, 50, 1_000),
    one("r8_", ServiceToken, URL64, 37, 37),
    one("rdme_", ServiceToken, LOWER | DIGIT, 70, 70),
    one("rk_live_", StripeKey, ALNUM, 24, 247),
    one("rubygems_", ServiceToken, HEX, 48, 48),
    one("sbp_", ServiceToken, LOWER | DIGIT, 40, 40),
    one("secret_", ServiceToken, ALNUM, 43, 43),
    one("sha256~", ServiceToken, URL64, 43, 43),
    one("shippo_live_", ServiceToken, HEX, 40, 40),
    one("shpat_", ShopifyToken, HEX, 32, 32),
    one("shpca_", ShopifyToken, HEX, 32, 32),
    one("shppa_", ShopifyToken, HEX, 32, 32),
    one("shpss_", ShopifyToken, HEX, 32, 32),
    one("sk-admin-", OpenaiKey, URL64, 40, 300),
    one("sk-ant-", AnthropicKey, URL64, 80, 200),
    one("sk-or-v1-", ServiceToken, HEX, 64, 64),
    one("sk-proj-", OpenaiKey, URL64, 40, 300),
    one("sk-svcacct-", OpenaiKey, URL64, 40, 300),
    one("sk-", OpenaiKey, ALNUM, 48, 48),
    one("sk_live_", StripeKey, ALNUM, 24, 247),
    one(
        "sntrys_",
        ServiceToken,
        URL64 | PLUS_SLASH | EQUALS,
        60,
        800,
    ),
    one("sntryu_", ServiceToken, HEX, 64, 64),
    one("sq0atp-", SquareToken, URL64, 22, 22),
    one("sq0csp-", SquareToken, URL64, 43, 43),
    one("tfp_", ServiceToken, GITLAB, 59, 59),
    one("tskey-api-", ServiceToken, URL64, 20, 80),
    one("tskey-auth-", ServiceToken, URL64, 20, 80),
    one("tskey-client-", ServiceToken, URL64, 20, 80),
    one("whsec_", StripeKey, BASE64 | EQUALS, 32, 64),
    one("xai-", ServiceToken, WORD, 80, 80),
    one("xapp-", SlackToken, ALNUM | DASH, 40, 160),
    several(
        "xkeysib-",
        ServiceToken,
        b'-',
        piece(HEX, 64, 64),
        &[piece(ALNUM, 16, 16)],
    ),
    one("xoxa-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxb-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxc-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxe-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxe.xoxb-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxe.xoxp-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxo-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxp-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxr-", SlackToken, ALNUM | DASH, 20, 255),
    one("xoxs-", SlackToken, ALNUM | DASH, 20, 255),
    one("ya29.", GoogleKey, URL64, 30, 1_000),
];

/// For each byte the number of shapes that begin with a smaller one.
pub(super) const STARTS: [u8; 257] = starts();

const GITLAB: Alphabet = URL64 | DOT;
const BEARER: Alphabet = URL64 | DOT | PLUS_SLASH | TILDE | EQUALS;
const DISCORD_ID: Piece = piece(DIGIT, 17, 20);
const DISCORD_HOOK: &[Piece] = &[piece(URL64, 60, 80)];
const SLACK_HOOK: &[Piece] = &[piece(ALNUM, 8, 14), piece(ALNUM, 20, 28)];

/// A prefix and one run.
const fn one(
    prefix: &'static str,
    detector: Detector,
    alphabet: Alphabet,
    least: usize,
    most: usize,
) -> Shape {
    several(prefix, detector, 0, piece(alphabet, least, most), &[])
}

/// A prefix and a run that ends in a checksum. Longer ones than the usual have been announced.
const fn summed(prefix: &'static str, detector: Detector) -> Shape {
    let shape = one(prefix, detector, ALNUM, 36, 255);
    Shape {
        check: Check::Checksum,
        ..shape
    }
}

/// A word and what it announces.
const fn announced(word: &'static str, alphabet: Alphabet, least: usize, check: Check) -> Shape {
    let shape = one(word, Authorization, alphabet, least, 4_096);
    Shape { check, ..shape }
}

/// A prefix and several runs with `between` between them.
const fn several(
    prefix: &'static str,
    detector: Detector,
    between: u8,
    first: Piece,
    more: &'static [Piece],
) -> Shape {
    Shape {
        prefix,
        detector,
        first,
        more,
        between,
        check: Check::Unlike,
    }
}

const fn piece(alphabet: Alphabet, least: usize, most: usize) -> Piece {
    Piece {
        alphabet,
        least,
        most,
    }
}

const fn starts() -> [u8; 257] {
    let mut starts = [0; 257];
    let mut place = 0;
    while place < SHAPES.len() {
        let mut byte = SHAPES[place].prefix.as_bytes()[0] as usize + 1;
        while byte < starts.len() {
            starts[byte] += 1;
            byte += 1;
        }
        place += 1;
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_stand_in_the_order_of_their_first_bytes() {
        let first = |shape: &Shape| shape.prefix.as_bytes()[0];
        assert!(SHAPES.is_sorted_by_key(first));
        assert_eq!(usize::from(STARTS[256]), SHAPES.len());
        for (place, shape) in SHAPES.iter().enumerate() {
            let byte = usize::from(first(shape));
            let range = usize::from(STARTS[byte])..usize::from(STARTS[byte + 1]);
            assert!(range.contains(&place), "{}", shape.prefix);
        }
    }
}
