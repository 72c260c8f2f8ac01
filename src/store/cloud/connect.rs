//! The way to a cloud: settings from the environment, and connections as tunctl makes them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::client::{ClientConfigKey, HttpClient, HttpConnector};
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{BackoffConfig, ClientOptions, Error, ObjectStore, RetryConfig};
use reqwest::{ClientBuilder, redirect};
use url::{Host, Url};

use crate::api::http::install_crypto;

/// How long one request to a store may take. A lease is renewed well within the time it has left.
const TIMEOUT: Duration = Duration::from_secs(8);

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(4);

/// How long a request is tried again for.
const PATIENCE: Duration = Duration::from_secs(12);

/// Settings that would weaken TLS; plain http is for this machine, and needs no setting.
const REFUSED: [&str; 2] = ["ALLOW_HTTP", "ALLOW_INVALID_CERTIFICATES"];

/// Settings that say where the store is.
const ENDPOINTS: [&str; 6] = [
    "AWS_ENDPOINT",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AZURE_ENDPOINT",
    "AZURE_STORAGE_ENDPOINT",
    "GOOGLE_BASE_URL",
];

/// The objects of a bucket.
///
/// # Errors
/// If the settings contradict each other, in words.
pub(super) fn objects(
    scheme: &str,
    bucket: &str,
    environment: &BTreeMap<String, String>,
) -> Result<Arc<dyn ObjectStore>, String> {
    match scheme {
        "s3" => {
            let (settings, connector) = settings("AWS_", environment)?;
            let mut builder = AmazonS3Builder::new();
            for (key, value) in settings {
                if let Ok(key) = key.parse() {
                    builder = builder.with_config(key, value);
                }
            }
            let builder = builder.with_bucket_name(bucket).with_retry(retries());
            let builder = builder.with_allow_http(connector.is_local);
            finish(builder.with_http_connector(connector).build())
        }
        "gs" => {
            let (settings, connector) = settings("GOOGLE_", environment)?;
            let mut builder = GoogleCloudStorageBuilder::new();
            for (key, value) in settings {
                if let Ok(key) = key.parse() {
                    builder = builder.with_config(key, value);
                }
            }
            let builder = builder.with_bucket_name(bucket).with_retry(retries());
            let options = ClientOptions::new().with_allow_http(connector.is_local);
            let builder = builder.with_client_options(options);
            finish(builder.with_http_connector(connector).build())
        }
        _ => {
            let (settings, connector) = settings("AZURE_", environment)?;
            let mut builder = MicrosoftAzureBuilder::new();
            for (key, value) in settings {
                if let Ok(key) = key.parse() {
                    builder = builder.with_config(key, value);
                }
            }
            let builder = builder.with_container_name(bucket).with_retry(retries());
            let builder = builder.with_allow_http(connector.is_local);
            finish(builder.with_http_connector(connector).build())
        }
    }
}

fn finish(built: Result<impl ObjectStore, Error>) -> Result<Arc<dyn ObjectStore>, String> {
    match built {
        Ok(objects) => Ok(Arc::new(objects)),
        Err(error) => Err(super::words(&error)),
    }
}

/// The variables of one cloud, as its settings are called, and the connections that they allow.
fn settings(
    prefix: &str,
    environment: &BTreeMap<String, String>,
) -> Result<(Vec<(String, String)>, Connector), String> {
    let mut connector = Connector { is_local: false };
    let mut settings = Vec::new();
    for (name, value) in environment
        .iter()
        .filter(|(name, _)| name.starts_with(prefix))
    {
        if value.is_empty() || REFUSED.iter().any(|refused| name.ends_with(refused)) {
            continue;
        }
        if ENDPOINTS.contains(&name.as_str()) {
            let url = Url::parse(value).map_err(|error| format!("{name}: {error}"))?;
            match (url.scheme(), is_this_machine(&url)) {
                (_, true) => connector.is_local = true,
                ("https", false) => {}
                _ => return Err(format!("{name}: plain http is for this machine only")),
            }
        }
        settings.push((name.to_ascii_lowercase(), value.clone()));
    }
    Ok((settings, connector))
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: 3,
        retry_timeout: PATIENCE,
    }
}

/// Makes connections.
#[derive(Debug)]
struct Connector {
    /// Whether the store is on this machine: never through a proxy.
    is_local: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        install_crypto();
        // Credentials of machines come from an address next door, which has no TLS; the options
        // say which connections may.
        let plain = options.get_config_value(&ClientConfigKey::AllowHttp);
        let mut builder = ClientBuilder::new()
            .user_agent(concat!("tunctl/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .https_only(plain.as_deref() != Some("true"))
            .no_gzip()
            .http1_only()
            .connect_timeout(CONNECT)
            .timeout(TIMEOUT);
        if self.is_local {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| Error::Generic {
            store: "HTTP",
            source: Box::new(error),
        })?;
        Ok(HttpClient::new(client))
    }
}
