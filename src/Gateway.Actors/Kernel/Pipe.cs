// Turns the outcome of a task into a message to the actor that started it. Runs where the task completes, inline, so that a test
// decides when; never throws.

namespace Gateway.Actors.Kernel;

internal static class Pipe
{
    public static void Run<T>(ActorCell cell, ValueTask<T> task, Func<T, object> success, Func<Exception, object> failure)
    {
        if (task.IsCompletedSuccessfully)
        {
            Deliver(cell, task.GetAwaiter().GetResult, success, failure);
            return;
        }

        // Not await: it would not go on inline under a synchronization context.
        _ = task.AsTask().ContinueWith(
            completed => Deliver(cell, completed.GetAwaiter().GetResult, success, failure),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    public static void Run(ActorCell cell, ValueTask task, Func<object> success, Func<Exception, object> failure) =>
        Run(cell, new ValueTask<bool>(WithResult(task)), _ => success(), failure);

    private static Task<bool> WithResult(ValueTask task) => task.AsTask().ContinueWith(
        completed =>
        {
            completed.GetAwaiter().GetResult();
            return true;
        },
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);

    private static void Deliver<T>(ActorCell cell, Func<T> result, Func<T, object> success, Func<Exception, object> failure)
    {
        try
        {
            object message;
            try
            {
                message = success(result());
            }
            catch (Exception e)
            {
                message = failure(e);
            }

            cell.TellUnbounded(message, cell);
        }
        catch (Exception e)
        {
            cell.System.PublishFailure(new ActorFailure(cell, e, Directive.Resume, FailurePlace.Pipe, null));
        }
    }
}
