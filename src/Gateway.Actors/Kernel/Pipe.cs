// Turns the outcome of a task into a message to the actor that started it. Runs where the task completes; never throws.

namespace Gateway.Actors.Kernel;

internal static class Pipe
{
    public static async Task Run<T>(ActorCell cell, ValueTask<T> task, Func<T, object> success, Func<Exception, object> failure)
    {
        try
        {
            object message;
            try
            {
                message = success(await task.ConfigureAwait(false));
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

    public static Task Run(ActorCell cell, ValueTask task, Func<object> success, Func<Exception, object> failure) =>
        Run(cell, WithResult(task), _ => success(), failure);

    private static async ValueTask<bool> WithResult(ValueTask task)
    {
        await task.ConfigureAwait(false);
        return true;
    }
}
