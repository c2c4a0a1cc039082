// All that the writer knows of one room that is in memory: position, epoch, ids and cursors, ahead of the commit.
// Owned by the writer thread; a failed batch throws it away and reads the journal again.

using Gateway.Actors.Policy;
using Gateway.Protocol;
using Gateway.Protocol.Inbound;

namespace Gateway.Actors.Engine.Embedded;

internal sealed class RoomLedger(RoomName room, NamespacePolicy policy)
{
    public RoomName Room { get; } = room;

    public NamespacePolicy Policy { get; } = policy;

    /// <summary>0: there is no row yet.</summary>
    public long Number { get; set; }

    public required string Epoch { get; set; }

    public required Lineage Lineage { get; set; }

    public long First { get; set; } = 1;

    public long Top { get; set; }

    /// <summary>The number of the oldest id that the journal has.</summary>
    public long IdsFirst { get; set; } = 1;

    /// <summary>As the row said at the opening; Ids knows better once it is read.</summary>
    public long IdsLast { get; set; }

    public long CursorCount { get; set; }

    /// <summary>Whether the row said, at the opening, that its numbers are exact.</summary>
    public bool OpenedSealed { get; set; } = true;

    /// <summary>The row bears this run's epoch and says that it is being written to.</summary>
    public bool RowIsCurrent { get; set; }

    public long Generation { get; set; }

    /// <summary>Read when first needed.</summary>
    public IdWindow? Ids { get; set; }

    /// <summary>Read when first needed.</summary>
    public Dictionary<(string User, ReceiptStatus Status), long>? Cursors { get; set; }

    /// <summary>What readers on other threads see; advanced after the commit.</summary>
    public RoomView View { get; set; } = null!;

    /// <summary>Stored in the batch under way.</summary>
    public List<RoomEvent> Added { get; private set; } = [];

    /// <summary>All that was stored before the batch under way is gone.</summary>
    public bool BegunAnew { get; set; }

    /// <summary>It changed in the batch under way.</summary>
    public bool IsChanged { get; set; }

    public LinkedListNode<RoomLedger>? Recency { get; set; }

    public RoomPosition Position => new(Epoch, Top);

    public RoomState State => new(Number, Position, First, Lineage, Generation);

    public RoomRow Row(long run, bool isSealed) => new(
        Room.Value, Number, Epoch, run, Lineage.ToString(), First, Top, IdsFirst, Ids?.Last ?? IdsLast, CursorCount, isSealed);

    /// <summary>After the commit.</summary>
    public void Commit()
    {
        View.Advance(State, Added, BegunAnew);
        Added = [];
        BegunAnew = false;
        IsChanged = false;
    }
}
