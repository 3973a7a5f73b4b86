//! What Lambda's environment says of the endpoints of AWS: the variables that each AWS SDK knows.
//!
//! The loader of `aws-config` reads them too. It also looks for profiles, and for the keys of an instance or of a
//! container. All of that would be a part of each function and of each start, and none of it is on Lambda.
//! Source: AWS SDKs and Tools reference guide, "Service-specific endpoints", "Dual-stack and FIPS endpoints",
//! "Account-based endpoints".

use aws_types::endpoint_config::AccountIdEndpointMode;
use aws_types::sdk_config::Builder;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use std::collections::BTreeMap;
use std::env;

const ENDPOINT: &str = "AWS_ENDPOINT_URL";
const NO_ENDPOINTS: &str = "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS";
const FIPS: &str = "AWS_USE_FIPS_ENDPOINT";
const DUAL_STACK: &str = "AWS_USE_DUALSTACK_ENDPOINT";
const ACCOUNT_MODE: &str = "AWS_ACCOUNT_ID_ENDPOINT_MODE";

/// The variables whose names begin with `AWS_`.
#[derive(Debug, Clone, Default)]
pub(super) struct Endpoints(BTreeMap<String, String>);

impl Endpoints {
    pub(super) fn of_the_process() -> Self {
        let texts = env::vars_os().filter_map(|(name, value)| {
            let (name, value) = (name.into_string().ok()?, value.into_string().ok()?);
            name.starts_with("AWS_").then_some((name, value))
        });
        Self(texts.collect())
    }

    /// Has a configuration lead to these endpoints.
    pub(super) fn lead(self, config: &mut Builder) {
        config
            .set_use_fips(self.flag(FIPS))
            .set_use_dual_stack(self.flag(DUAL_STACK))
            .set_account_id_endpoint_mode(self.account_mode())
            .set_endpoint_url(self.endpoint(ENDPOINT))
            .set_service_config(Some(self));
    }

    /// An URL that is none is kept: each call then says so, and none goes where nobody wants it.
    fn endpoint(&self, name: &str) -> Option<String> {
        let is_ignored = self.flag(NO_ENDPOINTS) == Some(true);
        let url = self.0.get(name).filter(|url| !url.is_empty());
        url.filter(|_| !is_ignored).cloned()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        let value = self.0.get(name)?;
        let flag = value.to_ascii_lowercase().parse();
        flag.inspect_err(|_| warn(name, value, "true or false"))
            .ok()
    }

    fn account_mode(&self) -> Option<AccountIdEndpointMode> {
        let value = self.0.get(ACCOUNT_MODE)?;
        let mode = value.parse();
        mode.inspect_err(|_| warn(ACCOUNT_MODE, value, "preferred, disabled or required"))
            .ok()
    }
}

fn warn(name: &str, value: &str, wanted: &str) {
    tracing::warn!("{name} is {value:?} and has no effect: it has to be {wanted}");
}

impl LoadServiceConfig for Endpoints {
    /// The endpoint of one service: `AWS_ENDPOINT_URL_AUTO_SCALING` is that of "Auto Scaling".
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        self.endpoint(&format!("{}_{service}", key.env()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_config::SdkConfig;

    const EC2: &str = "https://ec2.example.org";
    const SCALING: &str = "https://scaling.example.org";
    const ALL: &str = "https://all.example.org";

    fn led(variables: &[(&str, &str)]) -> SdkConfig {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let mut config = SdkConfig::builder();
        Endpoints(variables.iter().map(owned).collect()).lead(&mut config);
        config.build()
    }

    fn of_service(config: &SdkConfig, service: &str) -> Option<String> {
        let key = ServiceConfigKey::builder()
            .service_id(service)
            .env(ENDPOINT)
            .profile("endpoint_url");
        config.service_config()?.load_config(key.build().unwrap())
    }

    #[test]
    fn each_service_may_have_an_endpoint_of_its_own_beside_that_of_all() {
        let config = led(&[
            (ENDPOINT, ALL),
            ("AWS_ENDPOINT_URL_EC2", EC2),
            ("AWS_ENDPOINT_URL_AUTO_SCALING", SCALING),
        ]);
        assert_eq!(config.endpoint_url(), Some(ALL));
        assert_eq!(of_service(&config, "EC2").as_deref(), Some(EC2));
        assert_eq!(
            of_service(&config, "Auto Scaling").as_deref(),
            Some(SCALING)
        );
        assert_eq!(of_service(&config, "DynamoDB"), None);
    }

    #[test]
    fn endpoints_are_ignored_where_the_environment_says_so() {
        let config = led(&[
            (NO_ENDPOINTS, "TRUE"),
            (ENDPOINT, ALL),
            ("AWS_ENDPOINT_URL_EC2", EC2),
        ]);
        assert_eq!(config.endpoint_url(), None);
        assert_eq!(of_service(&config, "EC2"), None);
    }

    #[test]
    fn the_kinds_of_endpoint_are_those_that_the_environment_asks_for() {
        let config = led(&[
            (FIPS, "true"),
            (DUAL_STACK, "True"),
            (ACCOUNT_MODE, "disabled"),
        ]);
        assert_eq!(config.use_fips(), Some(true));
        assert_eq!(config.use_dual_stack(), Some(true));
        assert_eq!(
            config.account_id_endpoint_mode(),
            Some(&AccountIdEndpointMode::Disabled)
        );
    }

    #[test]
    fn without_a_word_of_it_all_is_left_to_the_sdk() {
        let config = led(&[]);
        assert_eq!((config.use_fips(), config.use_dual_stack()), (None, None));
        assert_eq!(config.endpoint_url(), None);
        assert_eq!(config.account_id_endpoint_mode(), None);
    }

    #[test]
    fn a_flag_that_is_no_flag_has_no_effect_and_an_empty_endpoint_is_none() {
        let config = led(&[(FIPS, "yes"), (ACCOUNT_MODE, "never"), (ENDPOINT, "")]);
        assert_eq!(config.use_fips(), None);
        assert_eq!(config.account_id_endpoint_mode(), None);
        assert_eq!(config.endpoint_url(), None);
    }
}
