// The order of a connection's work: the agenda first, then the client's messages as they came, each begun only when the one before has its
// answer. Events alone don't wait for one another. Runs on the connection actor's turn.

using Gateway.Actors.Delivery;
using Gateway.Actors.Engine;
using Gateway.Actors.Kernel;
using Gateway.Actors.Policy;
using Gateway.Actors.Rooms;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;
using Gateway.Protocol.Outbound;

namespace Gateway.Actors.Connections;

internal sealed class Conversation(
    ConnectionCore core, ConnectionPort port, ConnectionRooms rooms, Publisher publisher, Admission admission, ActorContext context)
{
    /// <summary>The engine answers or gives up well before (rule S3); an answer that is later than this is lost with the room that owed it.</summary>
    private static readonly TimeSpan AnswerDeadline = TimeSpan.FromSeconds(10);

    private readonly CommandLimits _limits = new(core);
    private readonly Queries _queries = new(core);
    private readonly Queue<AgendaItem> _agenda = new();
    private int _next;
    private bool _waiting;

    /// <summary>Does whatever can be done now.</summary>
    public void GoOn()
    {
        while (!core.IsClosing)
        {
            if (!_waiting && _agenda.TryDequeue(out var item))
            {
                Do(item);
                continue;
            }

            if (port.Input is not { } input)
                return;
            if (_next == input.Count)
            {
                _next = 0;
                port.Taken();
                continue;
            }

            if (MustWait(input[_next]))
                return;
            Handle(input[_next++]);
        }
    }

    /// <summary>Before whatever is planned already.</summary>
    public void PlanFirst(IEnumerable<AgendaItem> items)
    {
        var later = _agenda.ToArray();
        _agenda.Clear();
        Plan(items);
        Plan(later);
    }

    /// <summary>Nobody but the client itself is to bring it into the room any more.</summary>
    public void Unplan(RoomName room)
    {
        var kept = _agenda.Where(item => item is not JoinItem join || join.Room != room || !(join.Admitted || join.Silent)).ToArray();
        _agenda.Clear();
        Plan(kept);
    }

    /// <summary>What is planned already is not planned twice, so that nobody can make the agenda long.</summary>
    public void Plan(IEnumerable<AgendaItem> items)
    {
        foreach (var item in items)
        {
            if (!_agenda.Contains(item))
                _agenda.Enqueue(item);
        }
    }

    /// <summary>Nothing further is begun until the answer is there.</summary>
    public void Await<T>(Task<T>? answer)
        where T : notnull
    {
        if (answer is null)
            return;
        Wait();
        context.PipeTo(new ValueTask<T>(answer), static value => value, static error => new DependencyThrew(error));
    }

    public void Answered()
    {
        _waiting = false;
        context.Timers.Cancel(ConnectionTimer.Overdue);
    }

    public void OnRead(CommandAnswered answer)
    {
        if (answer.Answer is { } message)
            core.Reply(message);
        else
            core.Fail(answer.CommandId, answer.Status, answer.Room);
    }

    /// <summary>A room that failed with the question in its mailbox owes the answer for ever; an engine that stalls, for very long.</summary>
    public void OnOverdue()
    {
        Answered();
        if (core.Identity is not null && core.Session is null)
            core.Close(CloseCode.InternalError, "no session could be opened in time");
        else if (!rooms.GiveUp())
            core.Fail(null, EngineStatus.Unknown, null);
    }

    /// <summary>What changes a membership comes after the events before it: their acks must not go past the replay that follows.</summary>
    private bool MustWait(ClientMessage message) => message switch
    {
        // Answered at once, whatever the message before it waits for.
        PingCommand => false,
        JoinCommand or LeaveCommand or ResumeCommand or AuthCommand when !publisher.IsIdle => true,
        _ => _waiting || publisher.IsFull || IsCongested(),
    };

    /// <summary>Who does not read its answers is not read from either, well before they reach twice the outbox's bound, at which the sink
    /// gives the peer up. The sink says when to go on.</summary>
    private bool IsCongested()
    {
        var (events, bytes) = core.Request.Sink.Pending;
        if (events <= 1.5 * core.Options.OutboxEvents && bytes <= 1.5 * core.Options.OutboxBytes)
            return false;
        core.Request.Sink.NotifyWhenDrained();
        return true;
    }

    private void Wait()
    {
        _waiting = true;
        context.Timers.StartSingle(ConnectionTimer.Overdue, ConnectionTimer.Overdue, AnswerDeadline);
    }

    private void Do(AgendaItem item)
    {
        switch (item)
        {
            case JoinItem join when rooms.Join(join): Wait(); break;
            case LeaveItem leave when rooms.Leave(leave.Room, null): Wait(); break;
            case WelcomeItem welcome: admission.Welcome(welcome); break;
            case DiscardSessionItem discard: admission.Discard(discard.Session); break;
        }
    }

    private void Handle(ClientMessage message)
    {
        var isFirst = admission.TakeFirstAfterWelcome();
        if (!_limits.Allow(message))
            return;
        if (core.Identity is null && message is not (AuthCommand or PingCommand or InvalidMessage { Code: ErrorCode.BadJson } or InvalidMessage { OfServed: true }))
        {
            core.Fail(message.Id, ErrorCode.Unauthorized, "Say who you are first, with auth.");
            return;
        }

        switch (message)
        {
            case PublishCommand command: publisher.Publish(command); break;
            case PingCommand command: core.Reply(new Pong(command.Id, command.Echo, core.Node.Time.GetUtcNow(), rooms.Heads()), SinkLane.Urgent); break;
            case JoinCommand command: Join(command); break;
            case LeaveCommand command: Leave(command); break;
            case PongCommand: break;
            case TypingCommand command: Typing(command); break;
            case ReceiptCommand command: Receipt(command); break;
            case HistoryCommand command: Await(_queries.History(command)); break;
            case PresenceCommand command: Await(_queries.Presence(command)); break;
            case AuthCommand command: Await(admission.Check(command)); break;
            case ResumeCommand command: Await(admission.Resume(command, isFirst)); break;
            case SubscribeCommand command: Subscribe(command); break;
            case InvalidMessage invalid: core.Fail(invalid.Id, invalid.Code, invalid.Text, invalid.Field); break;
            default: throw new InvalidOperationException($"No handler for {message.GetType().Name}.");
        }
    }

    private void Join(JoinCommand command)
    {
        if (core.RoomOf(command) is { } room)
            Do(new JoinItem(room, new ReplayFrom(command.Since, command.Epoch, command.History), Silent: false, command.Id, Admitted: false));
    }

    private void Leave(LeaveCommand command)
    {
        if (core.RoomOf(command) is not { } room)
            return;
        if (command.Unsubscribing && core.Options.Namespaces.Find(room) is { Mode: not RoomMode.Latest })
            core.Fail(command.Id, ErrorCode.Unsupported, "This room can't be subscribed to; leave it.", room: room);
        else if (rooms.Leave(room, command.Id))
            Wait();
    }

    private void Typing(TypingCommand command)
    {
        if (MembershipFor(command) is { } membership && core.Require(Rights.Publish, membership.Handle.Room, command.Id))
            membership.Handle.Actor.Tell(new MemberTyping(core.Id, command), context.Self);
    }

    private void Receipt(ReceiptCommand command)
    {
        if (MembershipFor(command) is not { } membership)
            return;
        if (!membership.Handle.Policy.Receipts)
            core.Fail(command.Id, ErrorCode.Unsupported, "This room has no receipts.", room: membership.Handle.Room);
        else
            membership.Handle.Actor.Tell(new MemberReceipt(core.Id, command.Status, command.Seq), context.Self);
    }

    private void Subscribe(SubscribeCommand command)
    {
        if (core.RoomOf(command) is { } room && core.Require(Rights.Join, room, command.Id))
            core.Fail(command.Id, ErrorCode.Unsupported, "This room can't be subscribed to; join it.", room: room);
    }

    private Membership? MembershipFor(RoomMessage message)
    {
        if (core.RoomOf(message) is not { } room)
            return null;
        if (core.Rooms.TryGetValue(room, out var membership) && !membership.Hidden)
            return membership;
        core.Fail(message.Id, ErrorCode.NotJoined, "Join the room first.", room: room);
        return null;
    }
}
