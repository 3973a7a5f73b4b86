//! Telling Auto Scaling that it need not wait any longer for an instance.

use super::CloudError;
use crate::model::auto_scaling::LifecycleAction;

/// Completing a life-cycle action.
pub trait CompleteLifecycleAction: Send + Sync {
    /// `CompleteLifecycleAction` with the result `CONTINUE`, by the token of this one action. Auto Scaling goes on with
    /// the instance once no hook waits for it any more. An instance that it ends is ended, whatever the result.
    ///
    /// Idempotent on the token. A lost reply means: ask again; an action that is over is `NotFound`.
    ///
    /// # Errors
    /// `NotFound(Missing::LifecycleAction)`: Auto Scaling has no such action any more. It is completed already, or its
    /// time is over, or its hook is gone. `Denied`: the role may not.
    fn complete_lifecycle_action(
        &self,
        action: &LifecycleAction,
    ) -> impl Future<Output = Result<(), CloudError>> + Send;
}
