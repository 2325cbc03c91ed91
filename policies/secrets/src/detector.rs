//! What is told apart: each detector with the name that settings, reasons and annotations use.

/// What kind of secret was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Detector {
    /// A secret whose fingerprint is in the settings.
    OwnSecret,
    /// A private key in any of its forms.
    PrivateKey,
    /// A signed or encrypted JSON Web Token.
    Jwt,
    /// An access key of AWS.
    AwsKey,
    /// A token of GitHub.
    GithubToken,
    /// A token of GitLab.
    GitlabToken,
    /// A token or webhook of Slack.
    SlackToken,
    /// A live or signing key of Stripe.
    StripeKey,
    /// A key, token or client secret of Google.
    GoogleKey,
    /// A key of OpenAI.
    OpenaiKey,
    /// A key of Anthropic.
    AnthropicKey,
    /// A token of npm.
    NpmToken,
    /// A token of PyPI.
    PypiToken,
    /// A token of Hugging Face.
    HuggingfaceToken,
    /// The token of a Telegram bot.
    TelegramToken,
    /// The token or webhook of a Discord bot.
    DiscordToken,
    /// A key of SendGrid.
    SendgridKey,
    /// A key of Twilio.
    TwilioKey,
    /// A token of Square.
    SquareToken,
    /// A token of Shopify.
    ShopifyToken,
    /// A token of DigitalOcean.
    DigitaloceanToken,
    /// A key or client secret of Azure.
    AzureKey,
    /// A token of another service that marks its tokens.
    ServiceToken,
    /// A connection to a database, with its password.
    ConnectionString,
    /// A password or token in a URL.
    UrlPassword,
    /// What follows `Authorization`, `Bearer` or `Basic`.
    Authorization,
    /// Something random under the name of a secret.
    NamedSecret,
}

/// Every detector by its name, in order.
pub const DETECTORS: [(&str, Detector); 27] = [
    ("own_secret", Detector::OwnSecret),
    ("private_key", Detector::PrivateKey),
    ("jwt", Detector::Jwt),
    ("aws_key", Detector::AwsKey),
    ("github_token", Detector::GithubToken),
    ("gitlab_token", Detector::GitlabToken),
    ("slack_token", Detector::SlackToken),
    ("stripe_key", Detector::StripeKey),
    ("google_key", Detector::GoogleKey),
    ("openai_key", Detector::OpenaiKey),
    ("anthropic_key", Detector::AnthropicKey),
    ("npm_token", Detector::NpmToken),
    ("pypi_token", Detector::PypiToken),
    ("huggingface_token", Detector::HuggingfaceToken),
    ("telegram_token", Detector::TelegramToken),
    ("discord_token", Detector::DiscordToken),
    ("sendgrid_key", Detector::SendgridKey),
    ("twilio_key", Detector::TwilioKey),
    ("square_token", Detector::SquareToken),
    ("shopify_token", Detector::ShopifyToken),
    ("digitalocean_token", Detector::DigitaloceanToken),
    ("azure_key", Detector::AzureKey),
    ("service_token", Detector::ServiceToken),
    ("connection_string", Detector::ConnectionString),
    ("url_password", Detector::UrlPassword),
    ("authorization", Detector::Authorization),
    ("named_secret", Detector::NamedSecret),
];

impl Detector {
    /// Its name.
    pub fn name(self) -> &'static str {
        DETECTORS[self as usize].0
    }

    /// Whether it goes by where something stands, not by what it looks like. What another detector
    /// knows better is left to that one.
    pub fn is_general(self) -> bool {
        self >= Self::ConnectionString
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_detector_has_the_name_in_its_place() {
        for (place, (name, detector)) in DETECTORS.iter().enumerate() {
            assert_eq!(*detector as usize, place, "{name}");
            assert_eq!(detector.name(), *name);
        }
    }
}
